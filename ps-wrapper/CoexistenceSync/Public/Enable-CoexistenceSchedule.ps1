function Enable-CoexistenceSchedule {
    <#
    .SYNOPSIS
    Lets a scheduled run start again.
    .DESCRIPTION
    A run that is going on is left alone.
    .PARAMETER Name
    The name of the task.
    .PARAMETER TaskPath
    The folder of the task in the Task Scheduler.
    .PARAMETER PassThru
    Give the object back.
    .EXAMPLE
    Enable-CoexistenceSchedule

    Enables the task Coexistence Sync.
    .EXAMPLE
    Get-CoexistenceSchedule | Enable-CoexistenceSchedule -PassThru

    Enables every scheduled run and shows it.
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

        [switch] $PassThru
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        $go = $false
        $go = $PSCmdlet.ShouldProcess("$TaskPath$Name", 'Enable the scheduled task')
        if ($go) {
            Set-TaskEnabled -Name $Name -TaskPath $TaskPath -Enabled $true -Caller $PSCmdlet
            if ($PassThru) { Get-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $PSCmdlet }
        }
    }
}
