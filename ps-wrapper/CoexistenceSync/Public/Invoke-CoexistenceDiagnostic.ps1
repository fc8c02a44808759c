function Invoke-CoexistenceDiagnostic {
    <#
    .SYNOPSIS
    Writes what support asks for into one file, without names and secrets.
    .DESCRIPTION
    Version, configuration, the outcome of every check of Test-CoexistenceConnection, the last runs, the version of the store and
    the digests of the policies. Every name is replaced by a mark that means nothing outside of the file. It is a zip of JSON files:
    read it before you pass it on.
    .PARAMETER Path
    The zip file to write.
    .PARAMETER Offline
    Connect to nothing.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask, and replace a file that is there.
    .EXAMPLE
    Invoke-CoexistenceDiagnostic

    Writes coexist-diagnostic.zip.
    .EXAMPLE
    Invoke-CoexistenceDiagnostic -Path case4711.zip -Offline

    Writes one without connecting to directory and tenant.
    .OUTPUTS
    Coexistence.Diagnostic: Path, Size, Sha256, Files.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low')]
    [OutputType('Coexistence.Diagnostic')]
    param(
        [Parameter(Position = 0)]
        [string] $Path = 'coexist-diagnostic.zip',

        [switch] $Offline,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath,

        [switch] $Force
    )
    end {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
        $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        $go = $false
        $go = $PSCmdlet.ShouldProcess($file, 'Write the bundle')
        if ($go) {
            if ($Force) { [System.IO.File]::Delete($file) }
            $request = @{ op = 'diagnostic'; args = @($file); configPath = $ConfigPath; params = @{ offline = [bool] $Offline } }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence diagnostic'
        }
    }
}
