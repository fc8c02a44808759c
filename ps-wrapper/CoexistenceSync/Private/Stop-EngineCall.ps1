function Stop-EngineCall {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Throws.')]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $State,
        [Parameter(Mandatory = $true)] [string] $Code,
        [Parameter(Mandatory = $true)] [string] $Message
    )
    Complete-EngineProgress -State $State
    $State.Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code $Code -Message $Message))
}
