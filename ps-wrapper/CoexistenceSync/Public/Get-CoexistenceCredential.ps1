function Get-CoexistenceCredential {
    <#
    .SYNOPSIS
    Gets which credentials are kept, never their secrets.
    .DESCRIPTION
    Lists the store of credentials that coexist.yaml names secrets of: the Windows Credential Manager, or an encrypted file.
    .PARAMETER Name
    Only these; wildcards are possible.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceCredential

    Lists them.
    .EXAMPLE
    Get-CoexistenceCredential -Name coexist/* | Where-Object -Property SetAt -LT -Value (Get-Date).AddDays(-180)

    Shows those that were set half a year ago.
    .OUTPUTS
    Coexistence.Credential: Name, Kind, UserName, SetAt.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.Credential')]
    param(
        [Parameter(Position = 0)]
        [SupportsWildcards()]
        [string[]] $Name,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        Invoke-CoexistenceEngine -Request @{ op = 'credential.list'; configPath = $ConfigPath } -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence credentials' | Where-Object -FilterScript {
            -not $Name -or (Test-NameLike -Name $_.Name -Pattern $Name)
        }
    }
}
