function Get-EnginePlatform {
    # The folder below bin that holds the executable for this machine, such as windows-amd64.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    if ([System.IO.Path]::DirectorySeparatorChar -eq '/') { return 'linux-amd64' }
    if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64' -or $env:PROCESSOR_ARCHITEW6432 -eq 'ARM64') { return 'windows-arm64' }
    'windows-amd64'
}
