function Resolve-EnginePath {
    # Where the executable is: what was named, $env:COEXIST_ENGINE, the module's own bin folder, the installation of the
    # machine, the search path. Never the current folder.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [string] $EnginePath,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    $named = $EnginePath
    if (-not $named) { $named = $env:COEXIST_ENGINE }
    if ($named) {
        $path = $Caller.GetUnresolvedProviderPathFromPSPath($named)
        if (-not [System.IO.File]::Exists($path)) {
            $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.engine_missing' -Message "There is no executable at '$path'." -Target $path -Action 'Name the executable coexist with -EnginePath or in $env:COEXIST_ENGINE.'))
        }
        return $path
    }
    $system = Get-EnginePlatform
    $file = 'coexist'
    if ($system.StartsWith('windows')) { $file = 'coexist.exe' }
    $candidates = New-Object -TypeName 'System.Collections.Generic.List[string]'
    $candidates.Add([System.IO.Path]::Combine($script:ModuleRoot, 'bin', $system, $file))
    if ($file -eq 'coexist.exe') {
        $installed = [Microsoft.Win32.Registry]::GetValue('HKEY_LOCAL_MACHINE\SOFTWARE\Coexist', 'InstallDir', $null)
        if ($installed) { $candidates.Add([System.IO.Path]::Combine([string] $installed, $file)) }
    }
    foreach ($folder in ([string] $env:PATH).Split([System.IO.Path]::PathSeparator)) {
        if ($folder -and [System.IO.Path]::IsPathRooted($folder)) { $candidates.Add([System.IO.Path]::Combine($folder, $file)) }
    }
    foreach ($path in $candidates) { if ([System.IO.File]::Exists($path)) { return $path } }
    $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.engine_missing' -Message "The executable $file was found neither in the module, nor on this machine's search path." -Target $file -Action 'Install the packed module, or name the executable with -EnginePath or in $env:COEXIST_ENGINE.'))
}
