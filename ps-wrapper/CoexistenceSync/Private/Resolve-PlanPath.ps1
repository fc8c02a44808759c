function Resolve-PlanPath {
    # A plan is named by its file, or by its digest or the first eight characters of that among the plans of this folder.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory = $true)] [string] $PlanId,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller,
        [string] $ConfigPath,
        [string] $EnginePath
    )
    $bare = $PlanId -replace '^sha256:', ''
    if ($bare -cnotmatch '^[0-9a-f]{8,64}$') { return $Caller.GetUnresolvedProviderPathFromPSPath($PlanId) }
    $folder = $Caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    $found = @()
    foreach ($file in [System.IO.Directory]::GetFiles($folder, '*.plan')) {
        $plan = Get-PlanHead -Path $file -Caller $Caller -ConfigPath $ConfigPath -EnginePath $EnginePath
        if ($plan -and ($plan.Digest -replace '^sha256:', '').StartsWith($bare)) { $found += $file }
    }
    if ($found.Count -eq 1) { return $found[0] }
    $why = "No plan file in '$folder' has the digest '$PlanId'."
    if ($found.Count -gt 1) { $why = "The digest '$PlanId' fits $($found.Count) plan files in '$folder'." }
    $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'not_found' -Message $why -Target $PlanId -Action 'Name the plan file, or go to the folder that it lies in.'))
}
