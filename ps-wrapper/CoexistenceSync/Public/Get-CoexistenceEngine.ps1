function Get-CoexistenceEngine {
    <#
    .SYNOPSIS
    Tells which executable the module uses, and its version.
    .DESCRIPTION
    Starts the executable once. It needs no configuration.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceEngine

    Shows path, version and platform of the executable.
    .EXAMPLE
    (Get-CoexistenceEngine).Version

    Gives the version alone, for an inventory.
    .OUTPUTS
    Coexistence.Engine: Version, Path, Platform, Go, Expr, WireMin, WireMax.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.Engine')]
    param(
        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        Invoke-CoexistenceEngine -Request @{ op = 'version' } -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence engine'
    }
}
