// a configured org as target
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"target":"acme","appId":"0Ci5e000000bn6b"}}
<< {"jsonrpc":"2.0","id":1,"result":{"url":"<acme-address>/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b","kind":"connected-app","target":"acme","host":"<acme-address-host>","rewrittenFrom":null,"appId":"0Ci5e000000bn6bCAA","appOrgId":null,"packageId":null,"warnings":[],"nextSteps":[{"id":"install","...":"..."},"..."]}}
