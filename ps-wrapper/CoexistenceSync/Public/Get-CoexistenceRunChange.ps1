function Get-CoexistenceRunChange {
    <#
    .SYNOPSIS
    Gets what became of each change of a run.
    .DESCRIPTION
    Reads the journal of the engine and streams one object for each change that was reached.
    .PARAMETER RunId
    The run.
    .PARAMETER Operation
    Only changes of these kinds.
    .PARAMETER FailedOnly
    Only changes without their effect.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceRun -First 1 | Get-CoexistenceRunChange -FailedOnly

    Shows what went wrong in the last run.
    .EXAMPLE
    Get-CoexistenceRunChange -RunId 20260915T060000Z-8477304b | Group-Object -Property State

    Counts the changes of a run by their state.
    .OUTPUTS
    Coexistence.RunChange: RunId, Operation, Name, State, Succeeded, Message, RequestId, At and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.RunChange')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Id')]
        [string] $RunId,

        [ValidateSet('create', 'adopt', 'update', 'license', 'refer', 'members', 'disable', 'delete', 'restore')]
        [string[]] $Operation,

        [switch] $FailedOnly,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $request = @{ op = 'show'; args = @($RunId); configPath = $ConfigPath; records = @('RunChange') }
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence runs' |
            Where-Object -FilterScript { (-not $Operation -or $Operation -contains $_.Operation) -and (-not $FailedOnly -or -not $_.Succeeded) }
    }
}
