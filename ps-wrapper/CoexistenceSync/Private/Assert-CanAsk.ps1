function Assert-CanAsk {
    # Confirmation is wanted: where nobody can be asked nothing is to begin, not even a plan. A question without choices is
    # refused before anybody sees it, by the host where it cannot ask at all and otherwise for want of choices.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller)

    $none = New-Object -TypeName 'System.Collections.ObjectModel.Collection[System.Management.Automation.Host.ChoiceDescription]'
    $problem = $null
    try { $null = $Caller.Host.UI.PromptForChoice('', '', $none, 0) }
    catch {
        $cause = $_.Exception.GetBaseException()
        if (-not ($cause -is [System.ArgumentException])) { $problem = $cause.Message }
    }
    if ($problem) {
        $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.nobody_to_ask' -Message "Confirmation is wanted, and nobody can be asked: $problem" -Action 'Call it with -Confirm:$false or -Force where nobody is there, or from an interactive session.'))
    }
}
