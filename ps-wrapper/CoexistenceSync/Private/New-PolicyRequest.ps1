function New-PolicyRequest {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes an object in memory.')]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory = $true)] [string] $Op,
        [string] $Path,
        [string] $ConfigPath,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    $request = @{ op = $Op; configPath = $ConfigPath; args = @() }
    if ($Path) { $request.args = @($Caller.GetUnresolvedProviderPathFromPSPath($Path)) }
    $request
}
