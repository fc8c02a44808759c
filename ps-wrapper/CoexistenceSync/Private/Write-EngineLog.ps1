function Write-EngineLog {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] $Item)

    switch -CaseSensitive ($Item.lvl) {
        'warn' { Write-Warning -Message $Item.msg }
        'info' { Write-Verbose -Message $Item.msg }
        default { Write-Debug -Message ([string] $Item.msg) }
    }
}
