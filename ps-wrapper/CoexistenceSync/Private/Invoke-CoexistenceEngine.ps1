function Invoke-CoexistenceEngine {
    # Starts the engine for one command, writes the request and hands on what comes back. Ends the engine cleanly when the
    # pipeline ends first.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Request,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller,
        [string] $Activity = 'Coexistence',
        [string] $EnginePath,
        [string[]] $ResultType,
        [int[]] $Tolerate,
        [switch] $DeferError,
        [int] $HelloSeconds = 15,
        [int] $SilenceSeconds = 60,
        [int] $TimeoutSeconds = 0,
        [int] $CancelGraceSeconds = 30
    )
    # Most fields of the wire are optional: here an absent one is $null, not an error.
    Set-StrictMode -Off
    if ($null -eq $script:JsonOption) { $script:JsonOption = Get-JsonOption }
    $preference = Get-CallerPreference -Caller $Caller
    $VerbosePreference, $DebugPreference, $WarningPreference, $ProgressPreference = $preference.Verbose, $preference.Debug, $preference.Warning, $preference.Progress
    # Decides what the caller's own WriteError does unless -ErrorAction was given.
    if ($null -ne $preference.ErrorAction) { $ErrorActionPreference = $preference.ErrorAction }
    if ($Request.configPath) { $Request.configPath = $Caller.GetUnresolvedProviderPathFromPSPath($Request.configPath) }
    else { $Request.Remove('configPath') }
    $startInfo = New-EngineStartInfo -Op $Request.op -EnginePath $EnginePath -Caller $Caller
    $bytes = [System.Text.Encoding]::UTF8.GetBytes((ConvertTo-EngineRequest -InputObject $Request) + "`n")
    $state = @{
        Caller = $Caller; Activity = $Activity; Hello = $null; Result = $null; Fatal = $null; Seq = 0; Progress = @{}; DeferError = [bool] $DeferError
        Later = New-Object -TypeName 'System.Collections.Generic.List[System.Management.Automation.ErrorRecord]'
    }
    $jsonOption, $dateField, $maxLine = $script:JsonOption, $script:Wire.Date, $script:Wire.MaxLine
    $invariant, $roundTrip = $script:Invariant, $script:RoundTrip
    $process = $null
    try {
        $process = Start-EngineProcess -StartInfo $startInfo -Caller $Caller
        $errorText = $process.StandardError.ReadToEndAsync()
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        # Not Write: one that blocks, because the engine does not read, could not be stopped.
        $sent = $process.StandardInput.BaseStream.WriteAsync($bytes, 0, $bytes.Length)
        while (-not $sent.IsCompleted) {
            $null = ([System.IAsyncResult] $sent).AsyncWaitHandle.WaitOne(200)
            if ($clock.Elapsed.TotalSeconds -ge $HelloSeconds) { Stop-EngineCall -State $state -Code 'module.protocol' -Message "The engine did not read its request within $HelloSeconds s." }
        }
        if ($sent.IsFaulted) { Write-Debug -Message 'The engine closed its input before it had read the request.' }
        else { $process.StandardInput.BaseStream.Flush() }
        [System.Array]::Clear($bytes, 0, $bytes.Length)

        # A reader of 64 KiB reads longer runs of lines without waiting than the 4 KiB that Process gives.
        $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $process.StandardOutput.BaseStream, $startInfo.StandardOutputEncoding, $false, 65536
        $pending = $reader.ReadLineAsync()
        while ($true) {
            $waited = 0
            # Back to PowerShell five times a second: only so can the pipeline be stopped.
            while (-not $pending.IsCompleted -and -not $pending.Wait(200)) {
                $waited += 0.2
                if ($null -eq $state.Hello -and $waited -ge $HelloSeconds) { Stop-EngineCall -State $state -Code 'module.protocol' -Message "The engine sent no hello within $HelloSeconds s." }
                if ($waited -ge $SilenceSeconds) { Stop-EngineCall -State $state -Code 'module.timeout' -Message "The engine was silent for $SilenceSeconds s." }
                if ($TimeoutSeconds -gt 0 -and $clock.Elapsed.TotalSeconds -ge $TimeoutSeconds) { break }
            }
            # Asked at every line: a steady stream would otherwise never meet it.
            if ($TimeoutSeconds -gt 0 -and $clock.Elapsed.TotalSeconds -ge $TimeoutSeconds) { Stop-EngineCall -State $state -Code 'module.timeout' -Message "The command took more than $TimeoutSeconds s." }
            $line = $pending.Result
            if ($null -eq $line) { break }
            $pending = $reader.ReadLineAsync()
            if ($line.Length -eq 0) { continue }
            if ($line.Length -gt $maxLine) { Stop-EngineCall -State $state -Code 'module.protocol' -Message "A line of the engine is longer than $maxLine characters." }
            try { $item = ConvertFrom-Json -InputObject $line @jsonOption -ErrorAction Stop } catch { $item = $null }
            if (-not ($item -is [System.Management.Automation.PSCustomObject])) {
                Write-Debug -Message $line
                Stop-EngineCall -State $state -Code 'module.protocol' -Message 'The engine wrote a line that is not a JSON object.'
            }
            $state.Seq++
            if ($null -ne $state.Hello -and $null -eq $state.Result -and $item.k -ceq 'record' -and $item.seq -eq $state.Seq) {
                # ConvertTo-CoexistenceObject, inlined: a call costs as much as all of this.
                $data = $item.data
                foreach ($name in $dateField[$item.type]) {
                    if ($data.$name -is [string]) { $data.$name = [datetime]::Parse($data.$name, $invariant, $roundTrip) }
                }
                $data.PSTypeNames.Insert(0, "Coexistence.$($item.type)")
                $data
            }
            else { Receive-EngineLine -Item $item -State $state }
        }
        Complete-EngineCall -State $state -Process $process -ErrorText $errorText -ResultType $ResultType -Tolerate $Tolerate
    }
    finally {
        # Nothing but .NET here: output and cmdlets can end the block when the pipeline was stopped.
        if ($null -ne $process) {
            try {
                if (-not $process.HasExited) {
                    $process.StandardInput.Close()
                    # Nobody reads any more: without this an engine that stands in a write never gets to its clean end.
                    $null = $process.StandardOutput.BaseStream.CopyToAsync([System.IO.Stream]::Null)
                    if (-not $process.WaitForExit($CancelGraceSeconds * 1000)) { $process.Kill() }
                }
            }
            catch { $null = $_ }
            $process.Dispose()
        }
    }
}
