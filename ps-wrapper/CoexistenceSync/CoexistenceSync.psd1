@{
    RootModule           = 'CoexistenceSync.psm1'
    ModuleVersion        = '1.0.0'
    GUID                 = 'b3d8a1c6-5e0f-4a52-9c1e-7f6d2a0e9b41'
    Author               = 'coexist'
    CompanyName          = 'coexist'
    Copyright            = '(c) the authors of coexist'
    Description          = 'Keeps Microsoft 365 in step with Active Directory by policy: plans, applies, validates, and tells.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    TypesToProcess       = @('CoexistenceSync.Types.ps1xml')
    FormatsToProcess     = @('CoexistenceSync.Format.ps1xml')
    FunctionsToExport    = @(
        'Approve-CoexistencePlan'
        'Disable-CoexistenceSchedule'
        'Enable-CoexistenceAlias'
        'Enable-CoexistenceSchedule'
        'Export-CoexistencePlan'
        'Get-CoexistenceCredential'
        'Get-CoexistenceEngine'
        'Get-CoexistencePlan'
        'Get-CoexistencePlanChange'
        'Get-CoexistencePolicy'
        'Get-CoexistenceRun'
        'Get-CoexistenceRunChange'
        'Get-CoexistenceRunStep'
        'Get-CoexistenceSchedule'
        'Get-CoexistenceSyncStatus'
        'Get-CoexistenceTask'
        'Get-SyncValidation'
        'Invoke-CoexistenceDiagnostic'
        'Invoke-CoexistenceTask'
        'New-CoexistencePlan'
        'Register-CoexistenceSchedule'
        'Remove-CoexistenceCredential'
        'Remove-CoexistenceTask'
        'Resume-Coexistence'
        'Resume-CoexistenceTask'
        'Set-CoexistenceCredential'
        'Set-CoexistenceSchedule'
        'Show-CoexistencePlan'
        'Start-CoexistenceSync'
        'Stop-CoexistenceSync'
        'Suspend-Coexistence'
        'Suspend-CoexistenceTask'
        'Test-CoexistenceConfiguration'
        'Test-CoexistenceConnection'
        'Test-CoexistenceObject'
        'Test-CoexistencePolicy'
        'Undo-CoexistenceRun'
        'Unregister-CoexistenceSchedule'
        'Wait-CoexistenceSync'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @('Get-CoexistenceValidation', 'Start-OnlineCoexistenceSync')
    FileList             = @()
    PrivateData          = @{
        PSData      = @{
            Tags         = @('PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux', 'ActiveDirectory', 'Microsoft365', 'EntraID', 'Exchange')
            LicenseUri   = 'https://github.com/coexistsync/coexist/blob/main/LICENSE'
            ProjectUri   = 'https://github.com/coexistsync/coexist'
            ReleaseNotes = 'https://github.com/coexistsync/coexist/blob/main/CHANGELOG.md'
        }
        Coexistence = @{ WireMin = 1; WireMax = 1 }
    }
}
