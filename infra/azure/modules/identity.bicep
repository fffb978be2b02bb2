// Who the function app is, and everything it may do.

import { roleIds } from 'roles.bicep'

@description('Name of the user-assigned identity.')
param name string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Storage account that holds all data and what the Functions host keeps for itself.')
param storageAccountName string

@description('Topic that the pipeline publishes its facts to.')
param topicName string

@description('Application Insights component that receives the telemetry.')
param applicationInsightsName string

@description('Vault that holds the signing keys.')
param keyVaultName string

// Blob Data Owner is what the Functions host asks for; it contains the contributor rights that the pipeline needs and
// the right to get a user-delegation key, with which the download links of devices are signed.
var storageRoles = [
  roleIds.storageBlobDataOwner
  roleIds.storageQueueDataContributor
  roleIds.storageTableDataContributor
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName

  resource releaseKey 'keys' existing = {
    name: 'release'
  }

  resource directorKey 'keys' existing = {
    name: 'director'
  }

  resource onlineKey 'keys' existing = {
    name: 'online'
  }

  resource fleetKey 'keys' existing = {
    name: 'fleet'
  }
}

resource useStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for roleId in storageRoles: {
    scope: storageAccount
    name: guid(storageAccount.id, identity.id, roleId)
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    }
  }
]

resource publishFacts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topic
  name: guid(topic.id, identity.id, roleIds.eventGridDataSender)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.eventGridDataSender)
  }
}

resource sendTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, identity.id, roleIds.monitoringMetricsPublisher)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.monitoringMetricsPublisher
    )
  }
}

resource signReleases 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::releaseKey
  name: guid(vault::releaseKey.id, identity.id, roleIds.keyVaultCryptoUser)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultCryptoUser)
  }
}

resource signChannels 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::directorKey
  name: guid(vault::directorKey.id, identity.id, roleIds.keyVaultCryptoUser)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultCryptoUser)
  }
}

resource signFreshness 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::onlineKey
  name: guid(vault::onlineKey.id, identity.id, roleIds.keyVaultCryptoUser)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultCryptoUser)
  }
}

resource signDevices 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::fleetKey
  name: guid(vault::fleetKey.id, identity.id, roleIds.keyVaultCryptoUser)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.keyVaultCryptoUser)
  }
}

@description('Id of the identity.')
output id string = identity.id

@description('Client id of the identity.')
output clientId string = identity.properties.clientId
