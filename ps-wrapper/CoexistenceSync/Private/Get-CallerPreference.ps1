function Get-CallerPreference {
    # A function of a module sees the global preference variables, not those of the script, function or other module that
    # called it. What the person gave as a parameter wins, then -Force, which keeps from asking, then the caller's variables.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller, [switch] $Force)

    $given = $Caller.MyInvocation.BoundParameters
    $outside = $Caller.SessionState.PSVariable
    $preference = @{
        WhatIf      = [bool] $outside.GetValue('WhatIfPreference')
        Confirm     = $outside.GetValue('ConfirmPreference')
        ErrorAction = $null
        Verbose     = $outside.GetValue('VerbosePreference')
        Debug       = $outside.GetValue('DebugPreference')
        Warning     = $outside.GetValue('WarningPreference')
        Progress    = $outside.GetValue('ProgressPreference')
    }
    if ($given.ContainsKey('WhatIf')) { $preference.WhatIf = [bool] $given['WhatIf'] }
    if ($Force) { $preference.Confirm = 'None' }
    if ($given.ContainsKey('Confirm')) {
        $preference.Confirm = 'None'
        if ($given['Confirm']) { $preference.Confirm = 'Low' }
    }
    # Windows PowerShell 5.1 turns -Debug into Inquire and would ask at every line of the engine.
    foreach ($name in 'Verbose', 'Debug') {
        if ($given.ContainsKey($name)) {
            $preference[$name] = 'SilentlyContinue'
            if ($given[$name]) { $preference[$name] = 'Continue' }
        }
    }
    foreach ($name in 'Warning', 'Progress') {
        if ($given.ContainsKey("${name}Action")) { $preference[$name] = $given["${name}Action"] }
    }
    if (-not $given.ContainsKey('ErrorAction')) { $preference.ErrorAction = $outside.GetValue('ErrorActionPreference') }
    $preference
}
