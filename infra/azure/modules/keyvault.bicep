// The signing keys. The release key signs packages, the director key signs channel documents; a device needs both
// to agree. The fleet key signs the certificates of devices. The online key signs day by day that the list of packages is the newest. They are made here and never leave:
// the vault signs digests. The root keys, which can replace the release and online keys, are not here: they stay offline.

@description('Name of the vault.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('True to bring back a deleted vault of this name: purge protection keeps it and its keys for 90 days.')
param recover bool

@description('Workspace that receives one record for every use of a key.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    enablePurgeProtection: true
    enableRbacAuthorization: true
    enableSoftDelete: true
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Allow'
    }
    publicNetworkAccess: 'Enabled'
    sku: {
      family: 'A'
      name: 'standard'
    }
    softDeleteRetentionInDays: 90
    tenantId: subscription().tenantId
  }
}

// No rotation policy: devices pin these keys, so changing one is a release of its own, not a calendar entry.
resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' = [
  for keyName in ['release', 'director', 'online', 'fleet']: {
    parent: vault
    name: keyName
    properties: {
      attributes: {
        enabled: true
        exportable: false
      }
      curveName: 'P-256'
      keyOps: [
        'sign'
        'verify'
      ]
      kty: 'EC'
    }
  }
]

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

@description('Identifier of the release key. With its version: a new version must not start to sign by itself.')
output releaseKeyUri string = key[0].properties.keyUriWithVersion

@description('Identifier of the director key, with its version.')
output directorKeyUri string = key[1].properties.keyUriWithVersion

@description('Identifier of the online key, with its version.')
output onlineKeyUri string = key[2].properties.keyUriWithVersion

@description('Identifier of the fleet key, with its version.')
output fleetKeyUri string = key[3].properties.keyUriWithVersion
