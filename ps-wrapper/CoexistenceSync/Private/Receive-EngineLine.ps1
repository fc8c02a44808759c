function Receive-EngineLine {
    # Takes a line of the engine that is no record.
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSShouldProcess', '', Justification = 'Asks in the name of the public function.')]
    param(
        [Parameter(Mandatory = $true)] $Item,
        [Parameter(Mandatory = $true)] [hashtable] $State
    )
    Set-StrictMode -Off
    $kind = [string] $Item.k
    $wrong = $null
    if ($Item.seq -ne $State.Seq) { $wrong = "The engine's line $($State.Seq) is out of order." }
    elseif ($null -ne $State.Result) { $wrong = 'The engine wrote a line after its result.' }
    elseif ($null -eq $State.Hello -and $kind -cne 'hello') { $wrong = "The engine began with '$kind' instead of hello." }
    if ($wrong) { Stop-EngineCall -State $State -Code 'module.protocol' -Message $wrong }

    switch -CaseSensitive ($kind) {
        'progress' { Write-EngineProgress -Item $Item -State $State }
        'log' { Write-EngineLog -Item $Item }
        'change' { $null = $State.Caller.ShouldProcess([string] $Item.target.name, [string] $Item.operation) }
        'error' {
            $record = ConvertTo-EngineError -Item $Item
            if ($Item.fatal) { if ($null -eq $State.Fatal) { $State.Fatal = $record } }
            elseif ($State.DeferError) {
                if ($State.Later.Count -lt 1000) { $State.Later.Add($record) }
            }
            else { $State.Caller.WriteError($record) }
        }
        'hello' {
            if ($Item.wireMax -lt $script:Wire.Min -or $Item.wireMin -gt $script:Wire.Max) {
                Stop-EngineCall -State $State -Code 'module.version' -Message "The engine speaks wire $($Item.wireMin) to $($Item.wireMax), the module $($script:Wire.Min) to $($script:Wire.Max)."
            }
            $State.Hello = $Item
        }
        'result' { $State.Result = $Item }
        'ping' { }
        'record' { }
        default { Write-Debug -Message "The engine wrote a line of the unknown kind '$kind'." }
    }
}
