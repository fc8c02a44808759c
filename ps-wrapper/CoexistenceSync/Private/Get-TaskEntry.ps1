function Get-TaskEntry {
    # Tasks of the Windows Task Scheduler as Coexistence.Schedule.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [Parameter(Mandatory = $true)] [string] $TaskPath,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller,
        [switch] $Ignore
    )
    Assert-TaskScheduler -Caller $Caller
    $tasks = @(Get-ScheduledTask -TaskName $Name -TaskPath $TaskPath -ErrorAction Ignore)
    if ($tasks.Count -eq 0 -and -not $Ignore -and -not [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($Name)) {
        $Caller.WriteError((New-CoexistenceErrorRecord -Code 'object.not_found' -Message "There is no scheduled task '$TaskPath$Name'." -Target "$TaskPath$Name"))
    }
    foreach ($task in $tasks) {
        $run = Get-ScheduledTaskInfo -TaskName $task.TaskName -TaskPath $task.TaskPath
        $interval = @($task.Triggers)[0].Repetition.Interval
        if ($interval) { $interval = [System.Xml.XmlConvert]::ToTimeSpan($interval).ToString() }
        [pscustomobject] @{
            PSTypeName     = 'Coexistence.Schedule'
            Name           = $task.TaskName
            TaskPath       = $task.TaskPath
            State          = [string] $task.State
            Interval       = [string] $interval
            User           = $task.Principal.UserId
            NextRunTime    = $run.NextRunTime
            LastRunTime    = $run.LastRunTime
            LastTaskResult = $run.LastTaskResult
            Command        = @($task.Actions)[0].Execute
            Arguments      = @($task.Actions)[0].Arguments
        }
    }
}
