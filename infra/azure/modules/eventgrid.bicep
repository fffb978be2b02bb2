// Two topics. The system topic turns uploads into messages on `model-uploads`; the custom topic carries the facts that
// the pipeline publishes, and turns each release into a message on `rollout-starts`. Both deliver and dead-letter with their own system-assigned identity: the storage account
// takes no keys, and behind a storage firewall no other identity would work.

import { roleIds } from 'roles.bicep'

@description('Name of the system topic.')
param systemTopicName string

@description('Name of the custom topic.')
param topicName string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Storage account whose uploads count.')
param storageAccountName string

@description('Workspace that receives one record for every failed publish and delivery.')
param workspaceId string

// What starts a run: a lone model, or the manifest that is uploaded last. One subscription each, since a subscription
// has one prefix and one suffix. Both compare without case, as Event Grid does by default.
var uploads = [
  {
    name: 'dropped-models'
    prefix: '/blobServices/default/containers/drop/blobs/'
    suffix: '.onnx'
  }
  {
    name: 'model-manifests'
    prefix: '/blobServices/default/containers/models/blobs/'
    suffix: '/slmops.json'
  }
]

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobService 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: 'deadletter'
    }
  }

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource modelUploads 'queues' existing = {
      name: 'model-uploads'
    }

    resource rolloutStarts 'queues' existing = {
      name: 'rollout-starts'
    }
  }
}

resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: systemTopicName
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: storageAccount.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: topicName
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    disableLocalAuth: true
    inputSchema: 'CloudEventSchemaV1_0'
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource queueUploads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::queueService::modelUploads
  name: guid(
    storageAccount::queueService::modelUploads.id,
    systemTopic.id,
    roleIds.storageQueueDataMessageSender
  )
  properties: {
    principalId: systemTopic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.storageQueueDataMessageSender
    )
  }
}

resource queueReleases 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::queueService::rolloutStarts
  name: guid(storageAccount::queueService::rolloutStarts.id, topic.id, roleIds.storageQueueDataMessageSender)
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.storageQueueDataMessageSender
    )
  }
}

resource deadLetterUploads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::blobService::deadLetters
  name: guid(storageAccount::blobService::deadLetters.id, systemTopic.id, roleIds.storageBlobDataContributor)
  properties: {
    principalId: systemTopic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.storageBlobDataContributor
    )
  }
}

resource deadLetterFacts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storageAccount::blobService::deadLetters
  name: guid(storageAccount::blobService::deadLetters.id, topic.id, roleIds.storageBlobDataContributor)
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.storageBlobDataContributor
    )
  }
}

// One after the other: Event Grid answers a conflict when two subscriptions of one topic are written at once.
@batchSize(1)
resource uploadSubscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [
  for upload in uploads: {
    parent: systemTopic
    name: upload.name
    dependsOn: [
      queueUploads
      deadLetterUploads
    ]
    properties: {
      deadLetterWithResourceIdentity: {
        identity: {
          type: 'SystemAssigned'
        }
        deadLetterDestination: {
          endpointType: 'StorageBlob'
          properties: {
            blobContainerName: storageAccount::blobService::deadLetters.name
            resourceId: storageAccount.id
          }
        }
      }
      deliveryWithResourceIdentity: {
        identity: {
          type: 'SystemAssigned'
        }
        destination: {
          endpointType: 'StorageQueue'
          properties: {
            queueName: storageAccount::queueService::modelUploads.name
            // A week: longer than an outage of the app should last, shorter than a model stays interesting.
            queueMessageTimeToLiveInSeconds: 604800
            resourceId: storageAccount.id
          }
        }
      }
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      filter: {
        includedEventTypes: [
          'Microsoft.Storage.BlobCreated'
        ]
        isSubjectCaseSensitive: false
        subjectBeginsWith: upload.prefix
        subjectEndsWith: upload.suffix
      }
      retryPolicy: {
        eventTimeToLiveInMinutes: 1440
        maxDeliveryAttempts: 30
      }
    }
  }
]

resource releaseSubscription 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'rollout-start'
  dependsOn: [
    queueReleases
    deadLetterFacts
  ]
  properties: {
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          blobContainerName: storageAccount::blobService::deadLetters.name
          resourceId: storageAccount.id
        }
      }
    }
    deliveryWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          queueName: storageAccount::queueService::rolloutStarts.name
          queueMessageTimeToLiveInSeconds: 604800
          resourceId: storageAccount.id
        }
      }
    }
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'slmops.model.released.v1'
      ]
    }
    retryPolicy: {
      eventTimeToLiveInMinutes: 1440
      maxDeliveryAttempts: 30
    }
  }
}

resource uploadLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: systemTopic
  name: 'failures'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
    ]
  }
}

resource factLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: topic
  name: 'failures'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
      {
        category: 'PublishFailures'
        enabled: true
      }
    ]
  }
}

@description('Where the pipeline publishes.')
output topicEndpoint string = topic.properties.endpoint
