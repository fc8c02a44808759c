function Remove-CoexistenceCredential {
    <#
    .SYNOPSIS
    Removes credentials.
    .DESCRIPTION
    What coexist.yaml still names cannot be read then.
    .PARAMETER Name
    Their names.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Remove-CoexistenceCredential -Name coexist/old

    Asks, and removes it.
    .EXAMPLE
    Get-CoexistenceCredential -Name test/* | Remove-CoexistenceCredential -Force

    Removes several without a question.
    .OUTPUTS
    None.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [string[]] $Name,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath,

        [switch] $Force
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        foreach ($one in $Name) {
            $go = $false
            $go = $PSCmdlet.ShouldProcess("credential $one", 'Remove')
            if ($go) {
                $request = @{ op = 'credential.remove'; mode = 'apply'; args = @($one); configPath = $ConfigPath; records = @() }
                Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence credentials'
            }
        }
    }
}
