// A budget tells; it stops nothing. What stops: the instance cap of the app and the daily cap of the workspace.

@description('Amount a month, in the currency of the subscription.')
param amount int

@description('First day of the month in which the budget begins, as yyyy-MM-dd. It cannot change afterwards.')
param start string

@description('Address that is told at 80 % spent and at 100 % forecast.')
param email string

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: 'slmops'
  properties: {
    amount: amount
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: start
    }
    notifications: {
      spent80: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [
          email
        ]
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [
          email
        ]
      }
    }
  }
}
