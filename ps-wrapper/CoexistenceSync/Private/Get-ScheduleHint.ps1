function Get-ScheduleHint {
    # Whether the scheduled task is on and when it runs next; nothing where there is no task, or no Task Scheduler.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller)

    $hint = @{ Enabled = $null; Next = $null }
    if (-not (Get-Command -Name Register-ScheduledTask -ErrorAction Ignore)) { return $hint }
    $task = @(Get-TaskEntry -Name 'Coexistence Sync' -TaskPath '\Coexistence\' -Caller $Caller -Ignore)
    if ($task.Count -gt 0) {
        $hint.Enabled = $task[0].State -ne 'Disabled'
        if ($task[0].NextRunTime -is [datetime]) { $hint.Next = $task[0].NextRunTime.ToUniversalTime() }
    }
    $hint
}
