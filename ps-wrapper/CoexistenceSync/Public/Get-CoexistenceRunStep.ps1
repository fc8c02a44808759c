function Get-CoexistenceRunStep {
    <#
    .SYNOPSIS
    Gets the steps of a run: what it did in which directory, with figures.
    .DESCRIPTION
    Reads the journal of the engine. A step is all changes of one kind in one directory.
    .PARAMETER RunId
    The run.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceRun -First 1 | Get-CoexistenceRunStep

    Shows the steps of the last run.
    .EXAMPLE
    Get-CoexistenceRunStep -RunId 20260915T060000Z-8477304b | Where-Object -Property Errors -GT -Value 0

    Shows the steps that did not go well.
    .OUTPUTS
    Coexistence.RunStep: RunId, StepNumber, Directory, Operation, Changes, Succeeded, Errors, StartedAt, EndedAt.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.RunStep')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Id')]
        [string] $RunId,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $request = @{ op = 'show'; args = @($RunId); configPath = $ConfigPath; records = @('RunStep') }
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence runs'
    }
}
