// a Lightning host becomes the My Domain
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"target":"acme.lightning.force.com","appId":"0Ci5e000000bn6b","appOrgId":"00D5e000005AHE7"}}
<< {"jsonrpc":"2.0","id":1,"result":{"url":"https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b&app_org_id=00D5e000005AHE7","kind":"connected-app","target":"acme.lightning.force.com","host":"acme.my.salesforce.com","rewrittenFrom":"acme.lightning.force.com","appId":"0Ci5e000000bn6bCAA","appOrgId":"00D5e000005AHE7EAO","packageId":null,"warnings":[],"nextSteps":[{"id":"install","...":"..."},"..."]}}
