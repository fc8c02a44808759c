Set-StrictMode -Version 2.0

$script:ModuleRoot = $PSScriptRoot
$script:Invariant = [System.Globalization.CultureInfo]::InvariantCulture
$script:RoundTrip = [System.Globalization.DateTimeStyles]::RoundtripKind
$script:JsonOption = $null
$script:Completion = @{}

# No cmdlet of another module and no process here: both would make the import slow.
foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($PSScriptRoot, $folder), '*.ps1')) { . $file }
}
$script:Wire = Get-WireTable
Register-Completer
