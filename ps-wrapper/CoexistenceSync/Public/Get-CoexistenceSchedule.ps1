function Get-CoexistenceSchedule {
    <#
    .SYNOPSIS
    Gets the scheduled runs of this machine.
    .DESCRIPTION
    Asks the Windows Task Scheduler for the tasks in the folder \Coexistence\.
    .PARAMETER Name
    The task. All of the folder when left out. Wildcards are allowed.
    .PARAMETER TaskPath
    The folder of the task in the Task Scheduler.
    .EXAMPLE
    Get-CoexistenceSchedule

    Shows the scheduled runs.
    .EXAMPLE
    (Get-CoexistenceSchedule).NextRunTime

    Tells when the next run is due.
    .OUTPUTS
    Coexistence.Schedule: Name, TaskPath, State, Interval, User, NextRunTime, LastRunTime, LastTaskResult, Command, Arguments.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.Schedule')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [SupportsWildcards()]
        [string] $Name = '*',

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [string] $TaskPath = '\Coexistence\'
    )
    process {
        Get-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $PSCmdlet
    }
}
