function Register-TaskEntry {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [Parameter(Mandatory = $true)] [string] $TaskPath,
        [Parameter(Mandatory = $true)] [string] $Xml,
        [System.Management.Automation.PSCredential] $Credential,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    Assert-TaskScheduler -Caller $Caller
    $account = @{}
    if ($Credential) { $account = @{ User = $Credential.UserName; Password = $Credential.GetNetworkCredential().Password } }
    $null = Register-ScheduledTask -TaskName $Name -TaskPath $TaskPath -Xml $Xml -Force @account -ErrorAction Stop
    Get-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $Caller
}
