function Restore-TypeName {
    # Select-Object, which alone can end the engine early, puts a type name of its own in front of ours.
    [CmdletBinding()]
    param([Parameter(ValueFromPipeline = $true)] $InputObject)

    process {
        if ($null -ne $InputObject -and $InputObject.PSTypeNames[0] -like 'Selected.*') { $InputObject.PSTypeNames.RemoveAt(0) }
        $InputObject
    }
}
