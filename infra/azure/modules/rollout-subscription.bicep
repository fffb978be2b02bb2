// ModelReleased → function RolloutStart. Event Grid accepts a function as destination only when the function exists, so
// this is deployed in a second pass, after the code (see the postdeploy hook in azure.yaml).

@description('Custom topic that carries the facts.')
param topicName string

@description('Function app that holds RolloutStart.')
param functionAppName string

@description('Storage account with the container for dead letters.')
param storageAccountName string

resource functionApp 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName

  resource rolloutStart 'functions' existing = {
    name: 'RolloutStart'
  }
}

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'rollout-start'
  properties: {
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          blobContainerName: 'deadletter'
          resourceId: storageAccount.id
        }
      }
    }
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
        resourceId: functionApp::rolloutStart.id
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
