function Complete-EngineCall {
    # Tells what the command came to: errors that waited, the error that ended it, the result.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [hashtable] $State,
        [Parameter(Mandatory = $true)] [System.Diagnostics.Process] $Process,
        [Parameter(Mandatory = $true)] $ErrorText,
        [string[]] $ResultType,
        [int[]] $Tolerate
    )
    Set-StrictMode -Off
    Complete-EngineProgress -State $State
    $caller = $State.Caller
    $ended = $Process.WaitForExit(5000)
    if ($null -eq $State.Result) {
        $text = ''
        if ($ErrorText.Wait(1000)) { $text = $ErrorText.Result }
        if ($text.Length -gt 65536) { $text = $text.Substring($text.Length - 65536) }
        $code = 'still running'
        if ($ended) { $code = "exit code $($Process.ExitCode)" }
        $caller.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'module.crashed' -Message "The engine ended without a result ($code)." -Property @{ StdErr = $text }))
    }
    foreach ($record in $State.Later) { $caller.WriteError($record) }
    $exit = [int] $State.Result.exit
    if ($ended -and $Process.ExitCode -ne $exit) { Write-Warning -Message "The engine said exit code $exit and ended with $($Process.ExitCode)." }
    $failed = $State.Result.status -cne 'ok' -and $State.Result.status -cne 'partial'
    # Some of several objects were not there: each was told.
    if ($exit -eq 11 -and $null -eq $State.Fatal -and $null -ne $State.Result.data) { $failed = $false }
    if ($failed -and $Tolerate -notcontains $exit) {
        if ($null -eq $State.Fatal) {
            $code = $script:Wire.Exit[$exit]
            if (-not $code) { $code = 'unexpected' }
            $State.Fatal = New-CoexistenceErrorRecord -Code $code -Message "The engine ended with status $($State.Result.status), exit code $exit."
        }
        $State.Fatal.Exception.Data['ExitCode'] = $exit
        $caller.ThrowTerminatingError($State.Fatal)
    }
    if ($failed -and $null -ne $State.Fatal -and $ResultType) { Write-Warning -Message $State.Fatal.Exception.Message }
    if ($ResultType -and $null -ne $State.Result.data -and $ResultType -contains $State.Result.type) {
        ConvertTo-CoexistenceObject -Type $State.Result.type -Data $State.Result.data
    }
}
