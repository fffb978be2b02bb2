// What a person must hear about: work that was given up on, facts that nobody received, and telemetry that stopped.

@description('Region.')
param location string

@description('Tags for every resource.')
param tags object

@description('Address that alerts are sent to; empty to show them in the portal alone.')
param email string

@description('Workspace with the logs.')
param workspaceId string

@description('Name of the custom topic to watch.')
param topicName string

@description('Name of the system topic to watch.')
param systemTopicName string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: systemTopicName
}

resource receiver 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'slmops-alerts'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'slmops'
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

var receivers = empty(email) ? [] : [receiver.id]

// The depth of one queue is no platform metric (only an hourly sum over all queues is), so this counts what was put
// into poison queues. The window is wider than the logs are late. The table does not exist before the first record,
// hence no check of the query on deployment.
resource poisonMessages 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'poison-messages'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Work was given up on'
    description: 'A stage failed five times on one message. The message is in the poison queue of the stage; its logs carry the run.'
    enabled: true
    severity: 1
    autoMitigate: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    scopes: [
      workspaceId
    ]
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '''
StorageQueueLogs
| where OperationName == 'PutMessage' and StatusText == 'Success'
| extend Queue = extract(@'/([^/?]+)/messages', 1, Uri)
| where Queue endswith '-poison'
'''
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'Queue'
              operator: 'Include'
              values: [
                '*'
              ]
            }
          ]
          failingPeriods: {
            minFailingPeriodsToAlert: 1
            numberOfEvaluationPeriods: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: receivers
    }
  }
}

resource logCap 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'log-cap-reached'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'The workspace takes no more logs today'
    description: 'The daily cap was reached: telemetry and the poison-queue alert are blind until it resets.'
    enabled: true
    severity: 2
    autoMitigate: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    scopes: [
      workspaceId
    ]
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: '''
_LogOperation
| where Category =~ 'Ingestion' and Operation =~ 'Data collection Status' and Detail has 'OverQuota'
'''
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            minFailingPeriodsToAlert: 1
            numberOfEvaluationPeriods: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: receivers
    }
  }
}

var lostEvents = [
  {
    metric: 'DeadLetteredCount'
    name: 'dead-lettered'
    text: 'Events were given up on and lie in the container deadletter.'
  }
  {
    metric: 'DroppedEventCount'
    name: 'dropped'
    text: 'Events were given up on and could not even be dead-lettered: they are lost.'
  }
]

resource lostUploads 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for lost in lostEvents: {
    name: 'uploads-${lost.name}'
    location: 'global'
    tags: tags
    properties: {
      description: lost.text
      enabled: true
      severity: 1
      autoMitigate: true
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      scopes: [
        systemTopic.id
      ]
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: lost.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: lost.metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: [
        for id in receivers: {
          actionGroupId: id
        }
      ]
    }
  }
]

resource lostFacts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for lost in lostEvents: {
    name: 'facts-${lost.name}'
    location: 'global'
    tags: tags
    properties: {
      description: lost.text
      enabled: true
      severity: 1
      autoMitigate: true
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      scopes: [
        topic.id
      ]
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: lost.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: 'Microsoft.EventGrid/topics'
            metricName: lost.metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: [
        for id in receivers: {
          actionGroupId: id
        }
      ]
    }
  }
]
