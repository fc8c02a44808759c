function ConvertTo-EngineError {
    # Makes the ErrorRecord of an error line.
    [CmdletBinding()]
    [OutputType([System.Management.Automation.ErrorRecord])]
    param([Parameter(Mandatory = $true)] $Item)

    Set-StrictMode -Off
    $property = @{ Retryable = [bool] $Item.retryable }
    foreach ($pair in $Item.ctx) { if ($pair) { $property[[string] $pair.name] = $pair.value } }
    $message = [string] $Item.msg
    if (-not $message) { $message = "The engine reported $($Item.code)." }
    New-CoexistenceErrorRecord -Code ([string] $Item.code) -Message $message -Target $Item.target -Action ([string] $Item.action) -Property $property
}
