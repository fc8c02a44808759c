function Get-CoexistenceSyncStatus {
    <#
    .SYNOPSIS
    Gets how synchronisation stands now.
    .DESCRIPTION
    Always one object: what runs and how far it is, how the last run ended, whether writing is suspended, how many delayed tasks
    wait, and, where there is a Windows Task Scheduler, when the schedule runs next.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceSyncStatus

    Shows it.
    .EXAMPLE
    if ((Get-CoexistenceSyncStatus).State -eq 'Idle') { Start-CoexistenceSync }

    Starts a run unless one is under way or writing is suspended.
    .OUTPUTS
    Coexistence.SyncStatus: State (Idle, Running or Suspended), CurrentRunId, Phase, PercentComplete, LastRunId, LastRunState,
    Suspended, SuspendReason, WaitingTasks, SyncCycleEnabled, NextSyncCycleStartTimeInUTC.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.SyncStatus')]
    param(
        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        $call = @{ Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence status' }
        $runs = @(Invoke-CoexistenceEngine -Request @{ op = 'runs.list'; configPath = $ConfigPath; params = @{ limit = 2 } } @call)
        $halt = @(Invoke-CoexistenceEngine -Request @{ op = 'halt'; configPath = $ConfigPath } @call | Where-Object -Property Active)
        $tasks = @(Invoke-CoexistenceEngine -Request @{ op = 'tasks.list'; configPath = $ConfigPath } @call)
        ConvertTo-SyncStatus -Run $runs -Halt $halt -Task $tasks -Schedule (Get-ScheduleHint -Caller $PSCmdlet)
    }
}
