function Get-SyncValidation {
    <#
    .SYNOPSIS
    Gets what in the directory the cloud would refuse or change, object by object.
    .DESCRIPTION
    Every check of the engine is held against the directory, and against the tenant unless -Offline is given. Objects are told
    by their status in the words of MSOnline (ValidationStatus, Errors), and each error in those of Microsoft Graph (Category,
    PropertyCausingError). Without -Identity only objects with errors or warnings come; with it also those that are healthy.
    .PARAMETER Identity
    These objects: user principal name, distinguished name, sAMAccountName or objectGUID.
    .PARAMETER ObjectType
    Only objects of these types, such as user, group or mailContact.
    .PARAMETER ValidationStatus
    Only objects with this status.
    .PARAMETER HasErrorsOnly
    Only objects with errors, as MSOnline had it.
    .PARAMETER Category
    Only objects with an error of these categories.
    .PARAMETER PropertyName
    Only objects with an error in these attributes.
    .PARAMETER ResultSize
    At most this many objects. 0 for all.
    .PARAMETER Summary
    Give one object with the figures instead.
    .PARAMETER Offline
    Do not read the tenant. Checks that need it are not evaluated.
    .PARAMETER Mailbox
    Say where the object got stuck on its way to a mailbox, step by step, with what a supporter asks for first.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-SyncValidation -HasErrorsOnly

    Lists the objects that do not arrive in the cloud as they are.
    .EXAMPLE
    Get-ADUser -Filter * -SearchBase "OU=Sales,DC=contoso,DC=com" | Get-SyncValidation | Select-Object -ExpandProperty Errors

    Shows what is wrong with some users.
    .EXAMPLE
    (Get-SyncValidation -Identity ada@contoso.com -Mailbox).Steps

    Shows why a user has no mailbox.
    .EXAMPLE
    Get-SyncValidation -Summary

    Gives the figures alone.
    .OUTPUTS
    Coexistence.SyncValidation: Identity, ObjectType, ValidationStatus, ErrorCount, WarningCount, Errors (Coexistence.ValidationError) and
    more; with -Summary Coexistence.SyncValidationSummary; with -Mailbox Coexistence.MailboxDiagnosis.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.SyncValidation', 'Coexistence.SyncValidationSummary', 'Coexistence.MailboxDiagnosis')]
    [Alias('Get-CoexistenceValidation')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('DistinguishedName', 'UserPrincipalName', 'ObjectGUID', 'ObjectId')]
        [string[]] $Identity,

        [string[]] $ObjectType,

        [ValidateSet('Healthy', 'Warning', 'Error')]
        [string[]] $ValidationStatus,

        [switch] $HasErrorsOnly,

        [ValidateSet('PropertyConflict', 'InvalidFormat', 'MissingAttribute', 'QuotaExceeded', 'PolicyBlocked', 'Other')]
        [string[]] $Category,

        [string[]] $PropertyName,

        [ValidateRange(0, 2147483647)]
        [int] $ResultSize = 0,

        [switch] $Summary,

        [switch] $Offline,

        [switch] $Mailbox,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    begin {
        $wanted = New-Object -TypeName 'System.Collections.Generic.List[string]'
    }
    process {
        foreach ($name in $Identity) { if ($name) { $wanted.Add($name) } }
    }
    end {
        if ($MyInvocation.ExpectingInput -and $wanted.Count -eq 0) { return }
        if ($Mailbox) {
            if ($wanted.Count -eq 0) {
                $PSCmdlet.ThrowTerminatingError((New-CoexistenceErrorRecord -Code 'request.invalid' -Message '-Mailbox needs -Identity.' -Action 'Name the object with -Identity.'))
            }
            foreach ($name in $wanted) {
                $request = @{ op = 'validate'; args = @($name); configPath = $ConfigPath; params = @{ mailbox = $true; offline = [bool] $Offline }; records = @('MailboxDiagnosis') }
                Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence validation'
            }
            return
        }
        $severity = 'info'
        if ($HasErrorsOnly) { $severity = 'error' }
        $request = @{ op = 'validate'; args = $wanted.ToArray(); configPath = $ConfigPath; params = @{ severity = $severity; offline = [bool] $Offline } }
        $call = @{ Request = $request; Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence validation' }
        if ($Summary) {
            $request.records = @('SyncValidationSummary')
            Invoke-CoexistenceEngine @call -ResultType 'SyncValidationSummary'
            return
        }
        $request.records = @('SyncValidation')
        $most = [int]::MaxValue
        if ($ResultSize -gt 0) { $most = $ResultSize }
        $status = $ValidationStatus
        if ($HasErrorsOnly) { $status = @('Error') }
        elseif (-not $status -and $wanted.Count -eq 0) { $status = @('Error', 'Warning') }
        Invoke-CoexistenceEngine @call | Select-Validation -Status $status -ObjectType $ObjectType -Category $Category -PropertyName $PropertyName | Select-Object -First $most | Restore-TypeName
    }
}
