function Start-EngineProcess {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'The public function asks.')]
    [OutputType([System.Diagnostics.Process])]
    param(
        [Parameter(Mandatory = $true)] [System.Diagnostics.ProcessStartInfo] $StartInfo,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    # .NET Framework begins the child's input with the byte order mark of [Console]::InputEncoding.
    $before = $null
    if ($PSVersionTable.PSEdition -ne 'Core') {
        try {
            $before = [System.Console]::InputEncoding
            [System.Console]::InputEncoding = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false
        }
        catch [System.IO.IOException] { $before = $null }
    }
    $problem = $null
    try { $process = [System.Diagnostics.Process]::Start($StartInfo) }
    catch { $problem = $_.Exception.GetBaseException().Message }
    finally {
        if ($null -ne $before) { [System.Console]::InputEncoding = $before }
    }
    if ($null -ne $problem) {
        $Caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.engine_start' -Message "The engine did not start: $problem" -Target $StartInfo.FileName))
    }
    $process
}
