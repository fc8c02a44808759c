function Set-TaskEnabled {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'The public function asks.')]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [Parameter(Mandatory = $true)] [string] $TaskPath,
        [Parameter(Mandatory = $true)] [bool] $Enabled,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    Assert-TaskScheduler -Caller $Caller
    if ($Enabled) { $null = Enable-ScheduledTask -TaskName $Name -TaskPath $TaskPath -ErrorAction Stop }
    else { $null = Disable-ScheduledTask -TaskName $Name -TaskPath $TaskPath -ErrorAction Stop }
}
