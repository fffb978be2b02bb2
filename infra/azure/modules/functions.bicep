// The isolated-worker app on a Flex Consumption plan: scales to zero, each function by itself.

@description('Name of the function app.')
param name string

@description('Name of the plan.')
param planName string

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Name of the service in azure.yaml; azd finds the app by it.')
param serviceName string

@description('Id of the user-assigned identity that the app runs as.')
param identityId string

@description('Client id of that identity.')
param identityClientId string

@description('Blob endpoint, with the trailing slash.')
param blobEndpoint string

@description('Queue endpoint, with the trailing slash.')
param queueEndpoint string

@description('Table endpoint, with the trailing slash.')
param tableEndpoint string

@description('Where the pipeline publishes its facts.')
param topicEndpoint string

@description('Identifier of the key that signs packages.')
param releaseKeyUri string

@description('Identifier of the key that signs channel documents.')
param directorKeyUri string

@description('Identifier of the key that signs that the list of packages is the newest.')
param onlineKeyUri string

@description('Identifier of the key that signs certificates of devices.')
param fleetKeyUri string

@description('Connection string of Application Insights.')
param applicationInsightsConnectionString string

@description('Memory of one instance in MB; 4096 comes with two cores.')
param instanceMemoryMB int

@description('Largest upload in MB. Validation keeps the original and a variant on the disk of its instance.')
param maxUploadMB int

@description('True where a job works off the queue of the device lab in place of the function.')
param labHasJob bool

@description('Most instances at once, all functions together.')
param maximumInstanceCount int

@description('HTTP requests that one instance serves at once.')
param httpConcurrency int

var storageSettings = {
  blobServiceUri: blobEndpoint
  queueServiceUri: queueEndpoint
  tableServiceUri: tableEndpoint
  credential: 'managedidentity'
  clientId: identityClientId
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': serviceName
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    clientAffinityEnabled: false
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}deployments'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        // Nothing is kept warm: uploads are rare, and a queue waits without complaint.
        alwaysReady: []
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
    httpsOnly: true
    serverFarmId: plan.id
    siteConfig: {
      http20Enabled: true
      minTlsVersion: '1.2'
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
      // Which identity a DefaultAzureCredential stands for.
      AZURE_CLIENT_ID: identityClientId
      'AzureWebJobs.Lab.Disabled': string(labHasJob)
      AzureWebJobsStorage__blobServiceUri: storageSettings.blobServiceUri
      AzureWebJobsStorage__clientId: storageSettings.clientId
      AzureWebJobsStorage__credential: storageSettings.credential
      AzureWebJobsStorage__queueServiceUri: storageSettings.queueServiceUri
      AzureWebJobsStorage__tableServiceUri: storageSettings.tableServiceUri
      SlmOps__DirectorKey: directorKeyUri
      SlmOps__FleetKey: fleetKeyUri
      SlmOps__MaxFileBytes: string(maxUploadMB * 1048576)
      SlmOps__MaxUploadBytes: string(maxUploadMB * 1048576)
      SlmOps__OnlineKey: onlineKeyUri
      SlmOps__ReleaseKey: releaseKeyUri
      SlmOps__Threads: instanceMemoryMB < 4096 ? '1' : '2'
      SlmOpsEvents__topicEndpoint: topicEndpoint
      SlmOpsTick: '0 * * * * *'
      SlmOpsStorage__blobServiceUri: storageSettings.blobServiceUri
      SlmOpsStorage__clientId: storageSettings.clientId
      SlmOpsStorage__credential: storageSettings.credential
      SlmOpsStorage__queueServiceUri: storageSettings.queueServiceUri
      SlmOpsStorage__tableServiceUri: storageSettings.tableServiceUri
    }
  }

  // Code arrives through Entra and the deployments container; the publishing passwords stay off.
  resource noFtpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource noScmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

@description('Where the app answers.')
output url string = 'https://${app.properties.defaultHostName}'
