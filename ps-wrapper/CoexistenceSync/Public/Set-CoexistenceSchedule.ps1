function Set-CoexistenceSchedule {
    <#
    .SYNOPSIS
    Changes how often a scheduled run starts.
    .DESCRIPTION
    The task keeps its account and everything else.
    .PARAMETER Name
    The name of the task.
    .PARAMETER TaskPath
    The folder of the task in the Task Scheduler.
    .PARAMETER Interval
    How often. At least five minutes.
    .PARAMETER PassThru
    Give the object back.
    .EXAMPLE
    Set-CoexistenceSchedule -Interval 01:00:00

    Runs every hour from now on.
    .EXAMPLE
    Get-CoexistenceSchedule | Set-CoexistenceSchedule -Interval 06:00:00 -PassThru

    Changes every scheduled run to six hours.
    .OUTPUTS
    None; with -PassThru Coexistence.Schedule: Name, TaskPath, State, Interval, User, NextRunTime, LastRunTime, LastTaskResult, Command, Arguments.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low')]
    [OutputType('Coexistence.Schedule')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [string] $Name = 'Coexistence Sync',

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [string] $TaskPath = '\Coexistence\',

        [Parameter(Mandatory = $true)]
        [timespan] $Interval,

        [switch] $PassThru
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        if ($Interval.TotalMinutes -lt 5) {
            $PSCmdlet.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'request.invalid' -Message 'The interval is shorter than five minutes.' -Target $Interval))
        }
        $go = $false
        $go = $PSCmdlet.ShouldProcess("$TaskPath$Name", "Run every $Interval")
        if ($go) {
            Set-TaskInterval -Name $Name -TaskPath $TaskPath -Interval $Interval -Caller $PSCmdlet
            if ($PassThru) { Get-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $PSCmdlet }
        }
    }
}
