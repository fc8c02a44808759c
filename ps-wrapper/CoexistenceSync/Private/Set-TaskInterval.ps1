function Set-TaskInterval {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'The public function asks.')]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [Parameter(Mandatory = $true)] [string] $TaskPath,
        [Parameter(Mandatory = $true)] [timespan] $Interval,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    Assert-TaskScheduler -Caller $Caller
    $task = Get-ScheduledTask -TaskName $Name -TaskPath $TaskPath -ErrorAction Stop
    @($task.Triggers)[0].Repetition.Interval = [System.Xml.XmlConvert]::ToString($Interval)
    $null = Set-ScheduledTask -InputObject $task -ErrorAction Stop
}
