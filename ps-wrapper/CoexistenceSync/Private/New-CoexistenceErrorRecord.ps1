function New-CoexistenceErrorRecord {
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes an object in memory.')]
    [OutputType([System.Management.Automation.ErrorRecord])]
    param(
        [Parameter(Mandatory = $true)] [string] $Code,
        [Parameter(Mandatory = $true)] [string] $Message,
        $Target,
        [string] $Action,
        [System.Collections.IDictionary] $Property
    )
    $known = $script:Wire.Error[$Code]
    # guard.delete is a kind of guard.
    if (-not $known) { $known = $script:Wire.Error[$Code.Split('.')[0]] }
    if (-not $known) { $known = @('EngineError', 'NotSpecified') }
    $exception = New-Object -TypeName System.InvalidOperationException -ArgumentList $Message
    $exception.Data['Code'] = $Code
    if ($Property) { foreach ($name in $Property.Keys) { $exception.Data[$name] = $Property[$name] } }
    $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception, "Coexistence.$($known[0])", $known[1], $Target
    if ($Action) {
        $record.ErrorDetails = New-Object -TypeName System.Management.Automation.ErrorDetails -ArgumentList $Message
        $record.ErrorDetails.RecommendedAction = $Action
    }
    $record
}
