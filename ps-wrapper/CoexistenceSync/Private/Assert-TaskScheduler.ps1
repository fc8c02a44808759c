function Assert-TaskScheduler {
    # The functions whose nouns begin with Task are all that speaks to the Windows Task Scheduler.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller)

    if (-not (Get-Command -Name Register-ScheduledTask -ErrorAction Ignore)) {
        $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.unsupported' -Message 'This system has no Windows Task Scheduler.' -Action 'See about_CoexistenceSync_Scheduling for other schedulers.'))
    }
}
