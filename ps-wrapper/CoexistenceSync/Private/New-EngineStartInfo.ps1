function New-EngineStartInfo {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes an object in memory.')]
    [OutputType([System.Diagnostics.ProcessStartInfo])]
    param(
        [Parameter(Mandatory = $true)] [string] $Op,
        [string] $EnginePath,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller
    )
    # Windows PowerShell 5.1 cannot quote arguments reliably: there are none to quote.
    if ($Op -cnotmatch '^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$') { throw "Internal error: '$Op' is no command." }
    $path = Resolve-EnginePath -EnginePath $EnginePath -Caller $Caller
    $utf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false
    $startInfo = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $startInfo.FileName = $path
    $startInfo.Arguments = $Op.Replace('.', ' ') + ' --wire jsonl'
    # Relative paths, and coexist.yaml without a path, mean the folder that the person is in.
    $startInfo.WorkingDirectory = $Caller.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    $startInfo.UseShellExecute = $false
    $startInfo.CreateNoWindow = $true
    $startInfo.RedirectStandardInput = $true
    $startInfo.RedirectStandardOutput = $true
    $startInfo.RedirectStandardError = $true
    $startInfo.StandardOutputEncoding = $utf8
    $startInfo.StandardErrorEncoding = $utf8
    $startInfo
}
