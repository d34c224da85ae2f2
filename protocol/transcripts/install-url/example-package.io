// a package
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"target":"https://acme.my.salesforce.com","packageId":"04t5e000000abcd"}}
<< {"jsonrpc":"2.0","id":1,"result":{"url":"https://acme.my.salesforce.com/packaging/installPackage.apexp?p0=04t5e000000abcd","kind":"package","target":"https://acme.my.salesforce.com","host":"acme.my.salesforce.com","rewrittenFrom":null,"appId":null,"appOrgId":null,"packageId":"04t5e000000abcd","warnings":[],"nextSteps":[{"id":"install","...":"..."},"..."]}}
