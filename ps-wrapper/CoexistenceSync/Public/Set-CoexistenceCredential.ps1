function Set-CoexistenceCredential {
    <#
    .SYNOPSIS
    Adds a credential, or puts it in place of the one with its name.
    .DESCRIPTION
    The secret goes to the engine through its standard input alone: it stands in no command line, no variable of the
    environment, no log and no file of this module. What keeps it is the Windows Credential Manager, or an encrypted file.
    coexist.yaml names it as { credential: NAME }.
    .PARAMETER Name
    The name that coexist.yaml has.
    .PARAMETER Credential
    The account and its password.
    .PARAMETER Secret
    The secret alone, such as a client secret.
    .PARAMETER SecretName
    The name of a secret in a vault of SecretManagement, whose Get-Secret must be there.
    .PARAMETER VaultName
    That vault.
    .PARAMETER Kind
    What it is, for the list.
    .PARAMETER PassThru
    Give what may be told of it.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Set-CoexistenceCredential -Name coexist/ad -Credential (Get-Credential CONTOSO\svc-coexist)

    Asks for the password of the account that reads the directory, and keeps it.
    .EXAMPLE
    Set-CoexistenceCredential -Name coexist/app -Kind clientSecret -Secret (Read-Host -AsSecureString -Prompt 'secret')

    Keeps a client secret.
    .EXAMPLE
    Set-CoexistenceCredential -Name coexist/app -SecretName app -VaultName Ops

    Takes it from a vault.
    .OUTPUTS
    None; with -PassThru Coexistence.Credential: Name, Kind, UserName, SetAt.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Credential')]
    [OutputType('Coexistence.Credential')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [string] $Name,

        [Parameter(Mandatory = $true, ParameterSetName = 'Credential', Position = 1)]
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential,

        [Parameter(Mandatory = $true, ParameterSetName = 'Secret')]
        [System.Security.SecureString] $Secret,

        [Parameter(Mandatory = $true, ParameterSetName = 'Vault')]
        [string] $SecretName,

        [Parameter(ParameterSetName = 'Vault')]
        [string] $VaultName,

        [ValidateSet('password', 'clientSecret', 'passphrase', 'other')]
        [string] $Kind,

        [switch] $PassThru,

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
        $go = $false
        $go = $PSCmdlet.ShouldProcess("credential $Name", 'Set')
        if ($go) {
            $request = @{ op = 'credential.set'; mode = 'apply'; args = @($Name); configPath = $ConfigPath; params = @{} }
            if ($Kind) { $request.params.kind = $Kind }
            if ($PSCmdlet.ParameterSetName -eq 'Vault') { $Secret = Get-VaultSecret -Name $SecretName -Vault $VaultName -Caller $PSCmdlet }
            if ($PSCmdlet.ParameterSetName -eq 'Credential') { $request.params.user = $Credential.UserName }
            else { $Credential = New-Object -TypeName System.Management.Automation.PSCredential -ArgumentList 'secret', $Secret }
            $request.secret = $Credential.GetNetworkCredential().Password
            $found = Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence credentials'
            if ($PassThru) { $found }
        }
    }
}
