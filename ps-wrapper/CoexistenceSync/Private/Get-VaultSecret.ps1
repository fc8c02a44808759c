function Get-VaultSecret {
    # A secret of a vault of SecretManagement, which is nobody's duty to have.
    [CmdletBinding()]
    [OutputType([System.Security.SecureString])]
    param(
        [Parameter(Mandatory = $true)] [string] $Name,
        [string] $Vault,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    $command = Get-Command -Name Get-Secret -ErrorAction Ignore
    if (-not $command) {
        $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.unsupported' -Message 'There is no command Get-Secret here.' -Action 'Install a module for the vault, or use -Credential or -Secret.'))
    }
    $wish = @{ Name = $Name; ErrorAction = 'Stop' }
    if ($Vault) { $wish.Vault = $Vault }
    $found = & $command @wish
    if ($found -is [System.Management.Automation.PSCredential]) { $found = $found.Password }
    if (-not ($found -is [System.Security.SecureString])) {
        $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'request.invalid' -Message "The secret '$Name' is neither a text nor a credential." -Target $Name))
    }
    $found
}
