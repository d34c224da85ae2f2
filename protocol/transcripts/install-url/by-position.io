// target and app id
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":["acme.my.salesforce.com","0Ci5e000000bn6b"]}
<< {"jsonrpc":"2.0","id":1,"result":{"url":"https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b","kind":"connected-app","target":"acme.my.salesforce.com","host":"acme.my.salesforce.com","rewrittenFrom":null,"appId":"0Ci5e000000bn6bCAA","appOrgId":null,"packageId":null,"warnings":[],"nextSteps":[{"id":"install","...":"..."},"..."]}}
