function ConvertTo-CoexistenceObject {
    # Gives decoded JSON its type name and its dates.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Type, [Parameter(Mandatory = $true)] $Data)

    Set-StrictMode -Off
    foreach ($name in $script:Wire.Date[$Type]) {
        if ($Data.$name -is [string]) { $Data.$name = [datetime]::Parse($Data.$name, $script:Invariant, $script:RoundTrip) }
    }
    $Data.PSTypeNames.Insert(0, "Coexistence.$Type")
    $Data
}
