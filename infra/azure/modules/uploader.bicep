// Lets a person or a pipeline upload models with its own Entra identity: to the two containers that start the flow and
// to nothing else.

import { roleIds } from 'roles.bicep'

@description('Storage account.')
param storageAccountName string

@description('Object id of the person, group or service principal.')
param principalId string

@description('What the principal is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobService 'blobServices' existing = {
    name: 'default'
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = [
  for containerName in ['drop', 'models']: {
    parent: storageAccount::blobService
    name: containerName
  }
]

resource upload 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for index in range(0, 2): {
    scope: container[index]
    name: guid(container[index].id, principalId, roleIds.storageBlobDataContributor)
    properties: {
      principalId: principalId
      principalType: principalType
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roleIds.storageBlobDataContributor
      )
    }
  }
]
