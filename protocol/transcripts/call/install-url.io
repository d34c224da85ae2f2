// the result goes to stdout
$ sf-jwt call install-url '{"target": "acme.my.salesforce.com", "appId": "0Ci5e000000bn6b"}'
<< {"url":"https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b","kind":"connected-app","target":"acme.my.salesforce.com","host":"acme.my.salesforce.com","rewrittenFrom":null,"appId":"0Ci5e000000bn6bCAA","appOrgId":null,"packageId":null,"warnings":[],"nextSteps":[{"id":"install","...":"..."},"..."]}
