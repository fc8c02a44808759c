function New-SyncRequest {
    # The request of Start-CoexistenceSync, without its mode.
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes an object in memory.')]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Set,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Parameter,
        [AllowEmptyCollection()] [string[]] $Identity,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    $request = @{ configPath = [string] $Parameter['ConfigPath']; records = @() }
    if ($Set -eq 'Sync') {
        $request.op = 'sync'
        $request.params = @{ object = @($Identity) }
        if (-not $Parameter['FullSync'] -and $Parameter['PolicyType'] -ne 'Initial') {
            Write-Verbose -Message 'The connected directories have no change tracking yet: Delta reads them in full, as Initial does.' -Verbose:([bool] $Parameter['Verbose'])
        }
        return $request
    }
    $request.op = 'apply'
    $request.args = @(Resolve-PlanPath -PlanId $Parameter['PlanId'] -Caller $Caller -ConfigPath $request.configPath -EnginePath ([string] $Parameter['EnginePath']))
    $request.params = @{}
    if ($Parameter['AllowGuard']) {
        if (-not $Parameter['PlanDigest'] -or -not $Parameter['Reason']) {
            $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'request.invalid' -Message '-AllowGuard needs -PlanDigest and -Reason.' -Target $Parameter['AllowGuard']))
        }
        $request.params = @{ allow = @($Parameter['AllowGuard'] + '@' + $Parameter['PlanDigest']); reason = $Parameter['Reason'] }
    }
    $request
}
