// Everything that SlmOps needs in Azure, in one resource group of its own. `azd up` deploys it; see docs/azure.md.

targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; all names are made from it.')
param environmentName string

@description('Region of every resource. It must offer Flex Consumption.')
param location string

@description('Object id of who may upload models; empty for nobody. azd fills in who runs it.')
param principalId string = ''

@description('What that principal is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param principalType string = 'User'

@minValue(1)
@maxValue(1000)
@description('Most function instances at once: the cap on compute cost.')
param maximumInstanceCount int = 40

@description('Memory of one instance in MB; 4096 comes with two cores.')
@allowed([
  2048
  4096
])
param instanceMemoryMB int = 4096

@minValue(1)
@maxValue(1000)
@description('HTTP requests that one instance serves at once.')
param httpConcurrency int = 16

@minValue(1)
@description('Largest upload in MB. Validation keeps the original and a variant on the disk of its instance.')
param maxUploadMB int = 256

@description('Replication of the storage account.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
])
param storageSku string = 'Standard_ZRS'

@minValue(7)
@description('Days after which an intermediate artifact that nobody read is deleted.')
param intermediateDays int = 30

@minValue(1)
@description('GB of logs a day: the cap on monitoring cost.')
param dailyLogCapGb int = 1

@description('Address for alerts and the budget; empty to show alerts in the portal alone.')
param alertEmail string = ''

@minValue(0)
@description('Monthly budget in the currency of the subscription; 0 for none. Needs alertEmail and budgetStart.')
param monthlyBudget int = 0

@description('First day of the current month as yyyy-MM-dd when the budget is first made. It cannot change afterwards.')
param budgetStart string = ''

@description('True for a device lab: a registry for its image, and once that is named a job that tries variants on emulated processors.')
param deviceLab bool = false

@description('Repository and tag of the lab\'s image in that registry; empty until it was pushed.')
param labImage string = ''

@minValue(1)
@maxValue(100)
@description('Most variants that the lab tries at once: the cap on its compute cost.')
param labMaximumExecutions int = 4

@minValue(600)
@maxValue(86400)
@description('Seconds that the lab may take for one variant.')
param labTimeoutSeconds int = 7200

@description('True to bring back the key vault of a deleted environment of the same name.')
param recoverKeyVault bool = false

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}
var names = {
  applicationInsights: 'appi-${token}'
  functionApp: 'func-${token}'
  identity: 'id-${token}'
  keyVault: 'kv-${token}'
  labEnvironment: 'cae-${token}'
  labIdentity: 'id-lab-${token}'
  labJob: 'job-lab-${token}'
  labRegistry: 'cr${token}'
  plan: 'plan-${token}'
  storageAccount: 'st${token}'
  systemTopic: 'evgst-${token}'
  topic: 'evgt-slmops-${token}'
  workspace: 'log-${token}'
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    applicationInsightsName: names.applicationInsights
    dailyCapGb: dailyLogCapGb
    location: location
    tags: tags
    workspaceName: names.workspace
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    intermediateDays: intermediateDays
    location: location
    name: names.storageAccount
    sku: storageSku
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module keyVault 'modules/keyvault.bicep' = {
  scope: group
  params: {
    location: location
    name: names.keyVault
    recover: recoverKeyVault
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module eventGrid 'modules/eventgrid.bicep' = {
  scope: group
  dependsOn: [
    storage
  ]
  params: {
    location: location
    storageAccountName: names.storageAccount
    systemTopicName: names.systemTopic
    tags: tags
    topicName: names.topic
    workspaceId: monitoring.outputs.workspaceId
  }
}

module identity 'modules/identity.bicep' = {
  scope: group
  dependsOn: [
    storage
    eventGrid
    keyVault
  ]
  params: {
    applicationInsightsName: names.applicationInsights
    keyVaultName: names.keyVault
    location: location
    name: names.identity
    storageAccountName: names.storageAccount
    tags: tags
    topicName: names.topic
  }
}

module uploader 'modules/uploader.bicep' = if (!empty(principalId)) {
  scope: group
  dependsOn: [
    storage
  ]
  params: {
    principalId: principalId
    principalType: principalType
    storageAccountName: names.storageAccount
  }
}

module functions 'modules/functions.bicep' = {
  scope: group
  params: {
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    blobEndpoint: storage.outputs.blobEndpoint
    directorKeyUri: keyVault.outputs.directorKeyUri
    fleetKeyUri: keyVault.outputs.fleetKeyUri
    httpConcurrency: httpConcurrency
    identityClientId: identity.outputs.clientId
    identityId: identity.outputs.id
    instanceMemoryMB: instanceMemoryMB
    labHasJob: deviceLab && !empty(labImage)
    location: location
    maximumInstanceCount: maximumInstanceCount
    maxUploadMB: maxUploadMB
    name: names.functionApp
    onlineKeyUri: keyVault.outputs.onlineKeyUri
    planName: names.plan
    queueEndpoint: storage.outputs.queueEndpoint
    releaseKeyUri: keyVault.outputs.releaseKeyUri
    serviceName: 'functions'
    tableEndpoint: storage.outputs.tableEndpoint
    tags: tags
    topicEndpoint: eventGrid.outputs.topicEndpoint
  }
}

module lab 'modules/lab.bicep' = if (deviceLab) {
  scope: group
  params: {
    environmentName: names.labEnvironment
    identityName: names.labIdentity
    image: labImage
    jobName: names.labJob
    location: location
    maximumExecutions: labMaximumExecutions
    registryName: names.labRegistry
    settings: {
      // Which keys there are is a setting of the whole pipeline; the lab may use none of them.
      SlmOps__DirectorKey: keyVault.outputs.directorKeyUri
      SlmOps__FleetKey: keyVault.outputs.fleetKeyUri
      SlmOps__OnlineKey: keyVault.outputs.onlineKeyUri
      SlmOps__ReleaseKey: keyVault.outputs.releaseKeyUri
      SlmOps__Threads: '2'
      SlmOpsEvents__topicEndpoint: eventGrid.outputs.topicEndpoint
      SlmOpsStorage__blobServiceUri: storage.outputs.blobEndpoint
      SlmOpsStorage__queueServiceUri: storage.outputs.queueEndpoint
      SlmOpsStorage__tableServiceUri: storage.outputs.tableEndpoint
    }
    storageAccountName: names.storageAccount
    tags: tags
    timeoutSeconds: labTimeoutSeconds
    workspaceId: monitoring.outputs.workspaceId
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  dependsOn: [
    eventGrid
  ]
  params: {
    email: alertEmail
    location: location
    systemTopicName: names.systemTopic
    tags: tags
    topicName: names.topic
    workspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(budgetStart) && !empty(alertEmail)) {
  scope: group
  params: {
    amount: monthlyBudget
    email: alertEmail
    start: budgetStart
  }
}

@description('Resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Function app.')
output SLMOPS_FUNCTION_APP string = names.functionApp

@description('Where the function app answers.')
output SLMOPS_FUNCTION_URL string = functions.outputs.url

@description('Storage account; models go into its containers drop and models.')
output SLMOPS_STORAGE_ACCOUNT string = storage.outputs.name

@description('Registry that the lab\'s image is pushed to; empty without a lab.')
output SLMOPS_LAB_REGISTRY string = lab.?outputs.registry ?? ''

@description('Where the facts are published.')
output SLMOPS_TOPIC_ENDPOINT string = eventGrid.outputs.topicEndpoint
