function ConvertTo-SyncStatus {
    # Puts together how synchronisation stands.
    [CmdletBinding()]
    param(
        [AllowEmptyCollection()] [object[]] $Run,
        [AllowEmptyCollection()] [object[]] $Halt,
        [AllowEmptyCollection()] [object[]] $Task,
        [Parameter(Mandatory = $true)] [hashtable] $Schedule
    )
    Set-StrictMode -Off
    $current, $last = $null, $null
    foreach ($one in $Run) {
        if ($one.State -eq 'Running') { if ($null -eq $current) { $current = $one } }
        elseif ($null -eq $last) { $last = $one }
    }
    $state, $percent = 'Idle', -1
    if ($Halt.Count -gt 0) { $state = 'Suspended' }
    if ($null -ne $current) { $state, $percent = 'Running', $current.PercentComplete }
    [pscustomobject] @{
        PSTypeName                  = 'Coexistence.SyncStatus'
        State                       = $state
        CurrentRunId                = [string] $current.RunId
        Phase                       = [string] $current.Phase
        PercentComplete             = $percent
        LastRunId                   = [string] $last.RunId
        LastRunState                = [string] $last.State
        LastRunEndedAt              = $last.EndedAt
        Suspended                   = $Halt.Count -gt 0
        SuspendReason               = [string] @($Halt)[0].Reason
        WaitingTasks                = $Task.Count
        SyncCycleEnabled            = $Schedule.Enabled
        NextSyncCycleStartTimeInUTC = $Schedule.Next
    }
}
