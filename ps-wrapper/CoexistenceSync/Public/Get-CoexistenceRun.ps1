function Get-CoexistenceRun {
    <#
    .SYNOPSIS
    Gets what was applied, the newest first.
    .DESCRIPTION
    Reads the journal of the engine; neither directory nor tenant is asked.
    .PARAMETER Id
    These runs. All of them when left out.
    .PARAMETER State
    Only runs in these states.
    .PARAMETER After
    Only runs that started after this instant.
    .PARAMETER Before
    Only runs that started before this instant.
    .PARAMETER First
    At most this many. 0 for all.
    .PARAMETER HasErrorsOnly
    Only runs with changes that have no effect.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceRun -First 5

    Lists the last five runs.
    .EXAMPLE
    Get-CoexistenceRun -HasErrorsOnly -After (Get-Date).AddDays(-7)

    Lists the runs of a week that need a look.
    .OUTPUTS
    Coexistence.SyncRun: RunId, State, StartedAt, Duration, Changes, Succeeded, Errors and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.SyncRun')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('RunId')]
        [string[]] $Id,

        [ValidateSet('Running', 'Succeeded', 'CompletedWithErrors', 'Interrupted', 'Stopped', 'StoppedGuardExceeded', 'Refused', 'Failed')]
        [string[]] $State,

        [Nullable[datetime]] $After,

        [Nullable[datetime]] $Before,

        [ValidateRange(0, 2147483647)]
        [int] $First = 0,

        [switch] $HasErrorsOnly,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $call = @{ Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence runs' }
        $most = [int]::MaxValue
        if ($First -gt 0) { $most = $First }
        & {
            if ($Id) {
                foreach ($name in $Id) {
                    Invoke-CoexistenceEngine -Request @{ op = 'show'; args = @($name); configPath = $ConfigPath; records = @('SyncRun') } -ResultType 'SyncRun' @call
                }
            }
            else { Invoke-CoexistenceEngine -Request @{ op = 'runs'; configPath = $ConfigPath; params = @{ limit = 0 } } @call }
        } | Where-Object -FilterScript {
            (-not $State -or $State -contains $_.State) -and (-not $HasErrorsOnly -or $_.Errors -gt 0) -and
            ($null -eq $After -or $_.StartedAt -gt $After.ToUniversalTime()) -and ($null -eq $Before -or $_.StartedAt -lt $Before.ToUniversalTime())
        } | Select-Object -First $most | Restore-TypeName
    }
}
