// The device lab: a job that is started for each message of the queue `lab`, since emulators need programs and hours that functions
// do not have. Who it is, and everything it may do.

import { roleIds } from 'roles.bicep'

@description('Name of the container registry that the image of the job lies in.')
param registryName string

@description('Name of the environment that the job runs in.')
param environmentName string

@description('Name of the job.')
param jobName string

@description('Name of the user-assigned identity that it runs as.')
param identityName string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Repository and tag of the image in that registry; empty until there is one: then there is no job.')
param image string

@description('Most messages that are worked on at once: the cap on compute cost.')
param maximumExecutions int

@description('Seconds that one variant may take.')
param timeoutSeconds int

@description('Storage account that holds all data.')
param storageAccountName string

@description('Id of the Log Analytics workspace that takes the logs.')
param workspaceId string

@description('Settings of the pipeline that the app has too.')
param settings object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: registryName
  location: location
  tags: tags
  sku: {
    name: 'Basic'
  }
  properties: {
    adminUserEnabled: false
  }
}

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobService 'blobServices' existing = {
    name: 'default'

    resource artifacts 'containers' existing = {
      name: 'artifacts'
    }
  }

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource lab 'queues' existing = {
      name: 'lab'
    }

    resource poison 'queues' existing = {
      name: 'lab-poison'
    }

    resource package 'queues' existing = {
      name: 'package'
    }
  }

  resource tableService 'tableServices' existing = {
    name: 'default'

    resource runs 'tables' existing = {
      name: 'runs'
    }
  }
}

resource readArtifacts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::blobService::artifacts
  name: guid(storageAccount::blobService::artifacts.id, identity.id, roleIds.storageBlobDataReader)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageBlobDataReader)
  }
}

// Contributor, since a message is kept invisible while it is worked on, which counts as writing it.
resource takeMessages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::queueService::lab
  name: guid(storageAccount::queueService::lab.id, identity.id, roleIds.storageQueueDataContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataContributor)
  }
}

resource giveUp 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::queueService::poison
  name: guid(storageAccount::queueService::poison.id, identity.id, roleIds.storageQueueDataMessageSender)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataMessageSender)
  }
}

resource orderPackaging 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::queueService::package
  name: guid(storageAccount::queueService::package.id, identity.id, roleIds.storageQueueDataMessageSender)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageQueueDataMessageSender)
  }
}

resource keepResults 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::tableService::runs
  name: guid(storageAccount::tableService::runs.id, identity.id, roleIds.storageTableDataContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.storageTableDataContributor)
  }
}

resource pullImage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, identity.id, roleIds.acrPull)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.acrPull)
  }
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = if (!empty(image)) {
  name: environmentName
  location: location
  tags: tags
  properties: {
    // Through diagnostic settings, which need no key of the workspace.
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(image)) {
  scope: environment
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
      {
        category: 'ContainerAppSystemLogs'
        enabled: true
      }
    ]
  }
}

resource job 'Microsoft.App/jobs@2025-01-01' = if (!empty(image)) {
  name: jobName
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  dependsOn: [
    pullImage
    takeMessages
  ]
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Event'
      // The queue brings a message again that failed; a second try of the same replica would take another one.
      replicaRetryLimit: 0
      replicaTimeout: timeoutSeconds
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
      eventTriggerConfig: {
        parallelism: 1
        replicaCompletionCount: 1
        scale: {
          minExecutions: 0
          maxExecutions: maximumExecutions
          pollingInterval: 30
          rules: [
            {
              name: 'lab'
              type: 'azure-queue'
              identity: identity.id
              metadata: {
                accountName: storageAccountName
                queueName: 'lab'
                queueLength: '1'
              }
            }
          ]
        }
      }
    }
    template: {
      containers: [
        {
          name: 'lab'
          image: '${registry.properties.loginServer}/${image}'
          resources: {
            cpu: json('4')
            memory: '8Gi'
          }
          env: map(
            items(
              union(settings, {
                SlmOps__MaxLabSeconds: string(timeoutSeconds - 300)
                SlmOpsStorage__clientId: identity.properties.clientId
              })
            ),
            setting => {
              name: setting.key
              value: setting.value
            }
          )
        }
      ]
    }
  }
}

@description('Where the image is pushed to.')
output registry string = registry.properties.loginServer
